-- The two roles of Waferdeck and its database. Safe to run at every start; docker-compose.yml uses the same file.
-- owner: owns the tables, runs migrations, may make databases for tests.  app: reads and writes rows, no DDL.
\getenv owner_password POSTGRES_OWNER_PASSWORD
\getenv app_password POSTGRES_APP_PASSWORD
-- A statement that fails must not carry a password into the log.
SET log_min_error_statement = panic;
SET client_min_messages = warning;

SELECT 'CREATE ROLE waferdeck_owner LOGIN CREATEDB' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'waferdeck_owner') \gexec
SELECT 'CREATE ROLE waferdeck_app LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'waferdeck_app') \gexec
ALTER ROLE waferdeck_owner LOGIN CREATEDB NOSUPERUSER PASSWORD :'owner_password';
ALTER ROLE waferdeck_app LOGIN NOCREATEDB NOSUPERUSER PASSWORD :'app_password';

-- template1 too: databases that tests make are copies of it.
\connect template1
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS vector;
GRANT ALL ON SCHEMA public TO waferdeck_owner;
GRANT USAGE ON SCHEMA public TO waferdeck_app;
ALTER DEFAULT PRIVILEGES FOR ROLE waferdeck_owner GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO waferdeck_app;
ALTER DEFAULT PRIVILEGES FOR ROLE waferdeck_owner GRANT USAGE, SELECT ON SEQUENCES TO waferdeck_app;

\connect postgres
SELECT 'CREATE DATABASE waferdeck OWNER waferdeck_owner' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'waferdeck') \gexec

\connect waferdeck
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS vector;
GRANT ALL ON SCHEMA public TO waferdeck_owner;
GRANT USAGE ON SCHEMA public TO waferdeck_app;
ALTER DEFAULT PRIVILEGES FOR ROLE waferdeck_owner GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO waferdeck_app;
ALTER DEFAULT PRIVILEGES FOR ROLE waferdeck_owner GRANT USAGE, SELECT ON SEQUENCES TO waferdeck_app;
