-- Prepare a cluster for Beckon, once, as a superuser: psql -f roles.sql. Twice does nothing.
-- The migrations check that the roles are as made here (migrations/0001_roles.sql).
\set ON_ERROR_STOP 1

select format('create role %I %s', name, attributes)
  from (values ('beckon_owner', 'nologin'), ('beckon_cross', 'nologin bypassrls'),
               ('beckon_config', 'login'), ('beckon_api', 'login'), ('beckon_notifier', 'login'),
               ('beckon_operator', 'login'), ('beckon_migrator', 'login'))
       as wanted (name, attributes)
 where not exists (select from pg_roles where rolname = name)
\gexec

grant beckon_owner, beckon_cross to beckon_migrator;
