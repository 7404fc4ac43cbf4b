namespace Hydra.Stores.Tests;

/// <summary>The suite without what other databases that speak PostgreSQL's protocol may lack.</summary>
public sealed class PlainPostgreSqlConformanceTests : ConformanceTests<PlainPostgreSqlHarness>;
