namespace Hydra.EntityFrameworkCore.Tests;

public sealed class SqliteCallerContextTests() : CallerContextTests(new SqliteDatabase());
