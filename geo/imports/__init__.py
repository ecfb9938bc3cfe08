"""What a row of each kind must be: headers, values, faults in words."""
