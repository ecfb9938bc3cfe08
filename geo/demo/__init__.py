"""The generator of the fictional city Qinghe."""
