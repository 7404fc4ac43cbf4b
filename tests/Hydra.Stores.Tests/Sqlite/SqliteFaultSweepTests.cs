namespace Hydra.Stores.Tests;

public sealed class SqliteFaultSweepTests : FaultSweepTests<SqliteHarness>;
