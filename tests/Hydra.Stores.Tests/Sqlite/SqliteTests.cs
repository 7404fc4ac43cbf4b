namespace Hydra.Stores.Tests;

// The whole suite on the in-memory store.

public sealed class SqliteStartTests() : StartConformance(new SqliteHarness());

public sealed class SqliteAdvanceTests() : AdvanceConformance(new SqliteHarness());

public sealed class SqliteClaimTests() : ClaimConformance(new SqliteHarness());

public sealed class SqliteSettleTests() : SettleConformance(new SqliteHarness());

public sealed class SqliteCancelTests() : CancelConformance(new SqliteHarness());

public sealed class SqliteSessionTests() : SessionConformance(new SqliteHarness());

public sealed class SqliteSweepTests() : SweepConformance(new SqliteHarness());

public sealed class SqliteDeadlineTests() : DeadlineConformance(new SqliteHarness());

public sealed class SqliteBlockedTests() : BlockedConformance(new SqliteHarness());

public sealed class SqliteInDoubtTests() : InDoubtConformance(new SqliteHarness());

public sealed class SqliteQueryTests() : QueryConformance(new SqliteHarness());

public sealed class SqliteIsolationTests() : IsolationConformance(new SqliteHarness());

public sealed class SqliteEnvelopeTests() : EnvelopeConformance(new SqliteHarness());

public sealed class SqliteConcurrencyTests() : ConcurrencyConformance(new SqliteHarness());

public sealed class SqliteChangeTests() : ChangeConformance(new SqliteHarness());

public sealed class SqliteMigrationTests() : MigrationConformance(new SqliteHarness());
