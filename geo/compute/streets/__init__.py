"""From ways as files have them to the ground that trips go over: pieces, joints, gates, ways of moving."""
