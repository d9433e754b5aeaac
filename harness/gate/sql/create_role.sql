create role {role}
