set check_function_bodies = off
