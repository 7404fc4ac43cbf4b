namespace Hydra.EntityFrameworkCore.Tests;

public sealed class SqliteContextStepTests() : ContextStepTests(new SqliteDatabase());
