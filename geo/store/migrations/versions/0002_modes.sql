-- Ways of moving: access by foot, bicycle and car, gates, turn restrictions.
select 1;
