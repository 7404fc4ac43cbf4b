namespace Hydra.Stores.Tests;

// The whole suite on the in-memory store.

public sealed class InMemoryStartTests() : StartConformance(new InMemoryHarness());

public sealed class InMemoryAdvanceTests() : AdvanceConformance(new InMemoryHarness());

public sealed class InMemoryClaimTests() : ClaimConformance(new InMemoryHarness());

public sealed class InMemorySettleTests() : SettleConformance(new InMemoryHarness());

public sealed class InMemoryCancelTests() : CancelConformance(new InMemoryHarness());

public sealed class InMemorySessionTests() : SessionConformance(new InMemoryHarness());
