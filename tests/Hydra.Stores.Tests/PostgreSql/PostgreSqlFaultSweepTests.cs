namespace Hydra.Stores.Tests;

public sealed class PostgreSqlFaultSweepTests : FaultSweepTests<SourcedPostgreSqlHarness>
{
    protected override int MostCalls => 2; // Each call is a round trip or three.
}
