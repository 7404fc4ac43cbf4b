namespace Hydra.EntityFrameworkCore.Tests;

public sealed class PostgreSqlContextTransactionTests() : ContextTransactionTests(new PostgreSqlDatabase());
