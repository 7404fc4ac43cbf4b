namespace Hydra.Stores.Tests;

public sealed class SqliteTransactionFaultSweepTests : TransactionFaultSweepTests<SqliteHarness>;
