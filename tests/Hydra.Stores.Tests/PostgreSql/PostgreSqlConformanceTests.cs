namespace Hydra.Stores.Tests;

public sealed class PostgreSqlConformanceTests : ConformanceTests<PostgreSqlHarness>;
