namespace Hydra.Stores.Tests;

public sealed class SqliteConformanceTests : ConformanceTests<SqliteHarness>;
