namespace Hydra.Stores.Tests;

/// <summary>The suite without what a proxy in between may not follow: statements that are joined.</summary>
public sealed class SeparateMySqlConformanceTests : ConformanceTests<SeparateMySqlHarness>;
