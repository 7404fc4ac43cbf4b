namespace Hydra.Stores.Tests;

public sealed class MySqlTransactionFaultSweepTests : TransactionFaultSweepTests<MySqlHarness>
{
    protected override int MostCalls => 2; // Each call is a round trip or three.
}
