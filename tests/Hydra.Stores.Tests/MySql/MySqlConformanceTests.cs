namespace Hydra.Stores.Tests;

public sealed class MySqlConformanceTests : ConformanceTests<MySqlHarness>;
