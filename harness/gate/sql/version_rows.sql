select version_num::pg_catalog.text
from {table}
order by 1
limit 1000
