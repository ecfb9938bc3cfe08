-- Runs by mode and surface; figures of a second choice, of kinds of stations, and how sure they are.

ALTER TABLE coverage_run RENAME COLUMN pace TO mode;
ALTER TABLE coverage_run ADD COLUMN surface TEXT DEFAULT 'dry' NOT NULL;

-- What was a pace of its own is a mode on a surface now.
UPDATE coverage_run SET mode = 'planning', surface = 'packed_snow' WHERE mode = 'planning_packed_snow';
UPDATE coverage_run SET mode = 'planning', surface = 'ice' WHERE mode = 'planning_ice';
UPDATE coverage_run SET mode = 'elderly_75', surface = 'ice' WHERE mode = 'elderly_75_ice';

-- Null in figures of earlier runs, which did not ask for this.
ALTER TABLE coverage_figure ADD COLUMN residents_second DOUBLE PRECISION;
ALTER TABLE coverage_figure ADD COLUMN residents_all_kinds DOUBLE PRECISION;
ALTER TABLE coverage_figure ADD COLUMN residents_certain DOUBLE PRECISION;
ALTER TABLE coverage_figure ADD COLUMN residents_possible DOUBLE PRECISION;

CREATE TABLE coverage_by_station (
    figure_id BIGINT NOT NULL,
    aspect TEXT NOT NULL,
    key TEXT NOT NULL,
    residents_covered DOUBLE PRECISION NOT NULL,
    CONSTRAINT coverage_by_station_pkey PRIMARY KEY (figure_id, aspect, key),
    CONSTRAINT coverage_by_station_figure_id_fkey FOREIGN KEY(figure_id) REFERENCES coverage_figure (id) ON DELETE CASCADE,
    CONSTRAINT coverage_by_station_aspect_check CHECK (aspect in ('kind','service'))
);

COMMENT ON TABLE coverage_by_station IS 'Figures by kind of station and by service: who reaches at least one such station.';
