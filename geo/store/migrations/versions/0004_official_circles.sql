-- Official circles: polygons that an authority calls a circle.
select 1;
