"""Cases from the report to the figures about them."""
