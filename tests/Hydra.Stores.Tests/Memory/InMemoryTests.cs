namespace Hydra.Stores.Tests;

// The whole suite on the in-memory store.

public sealed class InMemoryStartTests() : StartConformance(new InMemoryHarness());

public sealed class InMemoryAdvanceTests() : AdvanceConformance(new InMemoryHarness());

public sealed class InMemoryClaimTests() : ClaimConformance(new InMemoryHarness());

public sealed class InMemorySettleTests() : SettleConformance(new InMemoryHarness());

public sealed class InMemoryCancelTests() : CancelConformance(new InMemoryHarness());

public sealed class InMemorySessionTests() : SessionConformance(new InMemoryHarness());

public sealed class InMemorySweepTests() : SweepConformance(new InMemoryHarness());

public sealed class InMemoryDeadlineTests() : DeadlineConformance(new InMemoryHarness());

public sealed class InMemoryBlockedTests() : BlockedConformance(new InMemoryHarness());

public sealed class InMemoryInDoubtTests() : InDoubtConformance(new InMemoryHarness());

public sealed class InMemoryQueryTests() : QueryConformance(new InMemoryHarness());

public sealed class InMemoryIsolationTests() : IsolationConformance(new InMemoryHarness());

public sealed class InMemoryEnvelopeTests() : EnvelopeConformance(new InMemoryHarness());

public sealed class InMemoryConcurrencyTests() : ConcurrencyConformance(new InMemoryHarness());

public sealed class InMemoryChangeTests() : ChangeConformance(new InMemoryHarness());

public sealed class InMemoryMigrationTests() : MigrationConformance(new InMemoryHarness());
