-- Files that came in or were taken back, and the newest step.
select (select cases from dispatch_change), coalesce((select max(id) from incident_step), 0)
