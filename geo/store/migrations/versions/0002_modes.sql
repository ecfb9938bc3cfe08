-- Ways of moving: access by foot, bicycle and car, gates, turn restrictions.

ALTER TABLE street_piece ADD COLUMN foot SMALLINT DEFAULT 0 NOT NULL;
ALTER TABLE street_piece ADD COLUMN bike_forward SMALLINT DEFAULT 0 NOT NULL;
ALTER TABLE street_piece ADD COLUMN bike_backward SMALLINT DEFAULT 0 NOT NULL;
ALTER TABLE street_piece ADD COLUMN car_forward SMALLINT DEFAULT 0 NOT NULL;
ALTER TABLE street_piece ADD COLUMN car_backward SMALLINT DEFAULT 0 NOT NULL;
ALTER TABLE street_piece ADD COLUMN is_steps BOOLEAN DEFAULT false NOT NULL;
ALTER TABLE street_piece ADD COLUMN max_kmh REAL DEFAULT 0 NOT NULL;

-- Streets of the first schema know walkers only; import them again for bicycles and cars.
UPDATE street_piece SET foot = 1 WHERE is_walkable;
UPDATE street_piece SET is_steps = true WHERE highway = 'steps';

ALTER TABLE street_piece ADD CONSTRAINT street_piece_access_check CHECK (foot in (0,1,2) and bike_forward in (0,1,2) and bike_backward in (0,1,2) and car_forward in (0,1,2) and car_backward in (0,1,2));

COMMENT ON COLUMN street_piece.foot IS '0 closed, 1 open, 2 may begin or end a trip only; forward is from from_node to to_node';
COMMENT ON COLUMN street_piece.bike_forward IS '0 closed, 1 open, 2 may begin or end a trip only; forward is from from_node to to_node';
COMMENT ON COLUMN street_piece.bike_backward IS '0 closed, 1 open, 2 may begin or end a trip only; forward is from from_node to to_node';
COMMENT ON COLUMN street_piece.car_forward IS '0 closed, 1 open, 2 may begin or end a trip only; forward is from from_node to to_node';
COMMENT ON COLUMN street_piece.car_backward IS '0 closed, 1 open, 2 may begin or end a trip only; forward is from from_node to to_node';
COMMENT ON COLUMN street_piece.max_kmh IS 'as signed; 0 where nothing is signed';

CREATE TABLE street_turn (
    network_id BIGINT NOT NULL,
    turn INTEGER NOT NULL,
    from_piece INTEGER NOT NULL,
    via_node INTEGER NOT NULL,
    to_piece INTEGER NOT NULL,
    is_only BOOLEAN NOT NULL,
    is_for_bike BOOLEAN NOT NULL,
    is_for_car BOOLEAN NOT NULL,
    CONSTRAINT street_turn_pkey PRIMARY KEY (network_id, turn),
    CONSTRAINT street_turn_network_id_fkey FOREIGN KEY(network_id) REFERENCES street_network (id) ON DELETE CASCADE
);

COMMENT ON TABLE street_turn IS 'Turn restrictions: who comes along from_piece to via_node.';

COMMENT ON COLUMN street_turn.is_only IS 'the only turn allowed; false: a forbidden one';

CREATE TABLE street_gate (
    network_id BIGINT NOT NULL,
    gate INTEGER NOT NULL,
    outline INTEGER,
    geom geometry(POINT,4326) NOT NULL,
    CONSTRAINT street_gate_pkey PRIMARY KEY (network_id, gate),
    CONSTRAINT street_gate_network_id_fkey FOREIGN KEY(network_id) REFERENCES street_network (id) ON DELETE CASCADE
);

COMMENT ON TABLE street_gate IS 'Where one passes a wall or the outline of a compound on foot.';

COMMENT ON COLUMN street_gate.outline IS 'which compound_outline it lies on; null: in a wall only';

CREATE TABLE compound_outline (
    network_id BIGINT NOT NULL,
    outline INTEGER NOT NULL,
    geom geometry(LINESTRING,4326) NOT NULL,
    CONSTRAINT compound_outline_pkey PRIMARY KEY (network_id, outline),
    CONSTRAINT compound_outline_network_id_fkey FOREIGN KEY(network_id) REFERENCES street_network (id) ON DELETE CASCADE
);

COMMENT ON TABLE compound_outline IS 'Closed rings around compounds that have a known gate: walks from home leave through one.';
