namespace Hydra.EntityFrameworkCore.Tests;

public sealed class PostgreSqlContextStepTests() : ContextStepTests(new PostgreSqlDatabase());
