-- Bridges: units that hang together though they share no border. And the scheme of codes of each plan.

CREATE TABLE plan_bridge (
    plan_id BIGINT NOT NULL,
    unit_no INTEGER NOT NULL,
    other_unit_no INTEGER NOT NULL,
    reason TEXT NOT NULL,
    CONSTRAINT plan_bridge_pkey PRIMARY KEY (plan_id, unit_no, other_unit_no),
    CONSTRAINT plan_bridge_order_check CHECK (unit_no < other_unit_no),
    CONSTRAINT plan_bridge_plan_id_fkey FOREIGN KEY(plan_id) REFERENCES plan (id) ON DELETE CASCADE,
    CONSTRAINT plan_bridge_unit_no_fkey FOREIGN KEY(plan_id, unit_no) REFERENCES plan_unit (plan_id, unit_no) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT plan_bridge_other_unit_no_fkey FOREIGN KEY(plan_id, other_unit_no) REFERENCES plan_unit (plan_id, unit_no) DEFERRABLE INITIALLY DEFERRED
);

COMMENT ON TABLE plan_bridge IS 'Units of a plan that hang together though they share no border; it counts while one grid has both.';

COMMENT ON COLUMN plan_bridge.reason IS 'what joins them: a footbridge, an underpass, one gate';

-- edits that were made before there were bridges did nothing to them
UPDATE plan_edit SET delta = delta || '{"bridges": {"gone": {}, "come": {}}}';

ALTER TABLE plan ADD COLUMN code_scheme TEXT DEFAULT 'unit_grid' NOT NULL;

COMMENT ON COLUMN plan.code_scheme IS 'how its grids are numbered: a scheme of geo/rules/code_schemes.toml';

COMMENT ON COLUMN plan_grid.code IS 'of the plan''s scheme; dated by its effective period';
