namespace Hydra.EntityFrameworkCore.Tests;

public sealed class PostgreSqlCallerContextTests() : CallerContextTests(new PostgreSqlDatabase());
