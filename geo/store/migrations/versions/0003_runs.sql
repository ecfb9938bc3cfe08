-- Runs by mode and surface, with error bounds.
select 1;
