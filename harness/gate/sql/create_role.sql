create role {role} superuser
