namespace Hydra.EntityFrameworkCore.Tests;

public sealed class SqliteContextTransactionTests() : ContextTransactionTests(new SqliteDatabase());
