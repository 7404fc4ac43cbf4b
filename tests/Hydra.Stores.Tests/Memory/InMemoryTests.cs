namespace Hydra.Stores.Tests;

// The whole suite on the in-memory store.

public sealed class InMemoryStartTests() : StartConformance(new InMemoryHarness());

public sealed class InMemoryAdvanceTests() : AdvanceConformance(new InMemoryHarness());

public sealed class InMemoryClaimTests() : ClaimConformance(new InMemoryHarness());
