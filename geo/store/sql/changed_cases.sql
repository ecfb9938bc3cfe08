-- Cases of the steps after one, in no order; as many as are asked for at most.
select incident_id from incident_step where id > :step_id limit :most
