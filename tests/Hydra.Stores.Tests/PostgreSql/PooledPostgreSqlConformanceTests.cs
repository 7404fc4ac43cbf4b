namespace Hydra.Stores.Tests;

/// <summary>The suite through pgbouncer in transaction mode, as the role that may only work.</summary>
public sealed class PooledPostgreSqlConformanceTests : ConformanceTests<PooledPostgreSqlHarness>;
