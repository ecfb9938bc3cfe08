ALTER TABLE plan ADD COLUMN is_coverage BOOLEAN;

COMMENT ON COLUMN plan.is_coverage IS 'whether its grids share their borders exactly, as GEOS found when it was published; null: not asked';
