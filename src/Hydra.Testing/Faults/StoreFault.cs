namespace Hydra.Testing;

/// <summary>How a call of a <see cref="FaultyStore"/> fails.</summary>
/// <remarks>
/// What a store may do is in <see cref="For"/>: a call fails before it happened, or nobody knows whether it has. What
/// a store must not do, and what its process may, is here as well. What becomes of a transaction of the user's is told
/// by <see cref="StoreCallKind"/>.
/// </remarks>
public sealed record StoreFault
{
    private StoreFault(StoreErrorKind? kind, string name) => (Kind, Name) = (kind, name);

    /// <summary>The call happens, and then the answer is lost: its outcome is in doubt.</summary>
    public static StoreFault AfterCall { get; } =
        new(StoreErrorKind.InDoubt, $"{StoreErrorKind.InDoubt} after the call") { Happens = true };

    /// <summary>
    /// The outcome is in doubt, and the call happens while its caller already finds out what became of it: as soon as
    /// the next call of its kind has begun; for the commit of a transaction, the next bar.
    /// </summary>
    /// <remarks>Without such a call it does not happen at all.</remarks>
    public static StoreFault LateCall { get; } =
        new(StoreErrorKind.InDoubt, $"{StoreErrorKind.InDoubt} and late") { IsLate = true };

    /// <summary>
    /// Somebody else's lock is in the way for too long, and nothing happens: <see cref="StoreErrorKind.RolledBack"/>
    /// with <see cref="StoreException.Blocked"/> set.
    /// </summary>
    public static StoreFault BlockedCall { get; } =
        new(StoreErrorKind.RolledBack, "Blocked before the call") { Blocked = true };

    /// <summary>
    /// Nothing happens, and what is thrown is no <see cref="StoreException"/>, so that it tells nothing.
    /// </summary>
    public static StoreFault ForeignBeforeCall { get; } = new(kind: null, "Foreign before the call");

    /// <summary>The call happens, and what is thrown is no <see cref="StoreException"/>.</summary>
    public static StoreFault ForeignAfterCall { get; } = new(kind: null, "Foreign after the call") { Happens = true };

    /// <summary>
    /// The process dies before the call: neither this one nor any later one reaches the store or is ever answered, and
    /// the transactions that are open for steps are undone.
    /// </summary>
    /// <remarks>
    /// An engine on it is as good as dead; <see cref="FaultyStore.Crashed"/> tells when. A call that is given up by its
    /// token ends as ever.
    /// </remarks>
    public static StoreFault CrashBeforeCall { get; } = new(kind: null, "Crash before the call") { Crashes = true };

    /// <summary>The same behind the call, which happens.</summary>
    public static StoreFault CrashAfterCall { get; } =
        new(kind: null, "Crash after the call") { Crashes = true, Happens = true };

    /// <summary>The kind of the <see cref="StoreException"/>; null when none is thrown.</summary>
    public StoreErrorKind? Kind { get; }

    /// <summary>Whether the call happens before it fails.</summary>
    public bool Happens { get; private init; }

    /// <summary>What <see cref="StoreException.Blocked"/> is set to.</summary>
    public bool Blocked { get; private init; }

    internal bool IsLate { get; private init; }

    internal bool Crashes { get; private init; }

    /// <summary>Whether the call has left its process, and taken along what it is to write.</summary>
    internal bool IsSent => Kind is not (StoreErrorKind.NotSent or StoreErrorKind.Unavailable);

    /// <summary>Whether a transaction in which the call was to write is over with it.</summary>
    internal bool EndsTransaction => Kind is null or StoreErrorKind.InDoubt or StoreErrorKind.RolledBack && !Blocked;

    /// <summary>What is known of the transaction whose statement or commit fails in this way.</summary>
    internal TransactionFate Fate => Kind switch
    {
        StoreErrorKind.RolledBack => TransactionFate.WorthRepeating,
        null or StoreErrorKind.InDoubt => TransactionFate.Unknown,
        _ => TransactionFate.Undone,
    };

    private string Name { get; }

    /// <summary>
    /// The call fails and nothing happens; with <see cref="StoreErrorKind.InDoubt"/> the caller cannot know that.
    /// </summary>
    /// <param name="kind">The kind of the <see cref="StoreException"/>.</param>
    public static StoreFault BeforeCall(StoreErrorKind kind) => new(kind, $"{kind} before the call");

    /// <summary>
    /// Every way in which a call of a store may fail, for tests that go through all of them: each kind before the call,
    /// the doubt behind it, and where the call can do so a lock in its way and a doubt in which it comes late.
    /// </summary>
    /// <param name="kind">The kind of call.</param>
    public static IReadOnlyList<StoreFault> For(StoreCallKind kind) =>
    [
        .. Enum.GetValues<StoreErrorKind>().Select(BeforeCall),
        AfterCall,
        .. WaitsForLocks(kind) ? [BlockedCall] : Array.Empty<StoreFault>(),
        .. MayComeLate(kind) ? [LateCall] : Array.Empty<StoreFault>(),
    ];

    /// <summary>What happens and when, such as "InDoubt after the call".</summary>
    public override string ToString() => Name;

    private static bool WaitsForLocks(StoreCallKind kind) => MayComeLate(kind)
        ? kind != StoreCallKind.CommitTransaction
        : kind is StoreCallKind.CloseSession or StoreCallKind.Write or StoreCallKind.Begin or StoreCallKind.Land
            or StoreCallKind.DeleteEnded or StoreCallKind.WriteSubjectKeys;

    private static bool MayComeLate(StoreCallKind kind) => kind is StoreCallKind.OpenSession
        or StoreCallKind.Heartbeat or StoreCallKind.Claim or StoreCallKind.Commit or StoreCallKind.Maintain
        or StoreCallKind.CommitTransaction or StoreCallKind.Bar or StoreCallKind.ApplySchedule;
}
