namespace Hydra.Testing;

/// <summary>How a call of a <see cref="FaultyStore"/> fails.</summary>
/// <remarks>Only what a store may do: a call fails before it happened, or nobody knows that it has.</remarks>
public sealed record StoreFault
{
    private StoreFault(StoreErrorKind kind, bool happens) => (Kind, Happens) = (kind, happens);

    /// <summary>The call happens, and then the answer is lost: its outcome is in doubt.</summary>
    public static StoreFault AfterCall { get; } = new(StoreErrorKind.InDoubt, happens: true);

    /// <summary>
    /// Every fault: each kind before the call, and the doubt after it. For tests that go through all of them.
    /// </summary>
    public static IReadOnlyList<StoreFault> All { get; } =
        [.. Enum.GetValues<StoreErrorKind>().Select(BeforeCall), AfterCall];

    /// <summary>The kind of the <see cref="StoreException"/>.</summary>
    public StoreErrorKind Kind { get; }

    /// <summary>Whether the call happens all the same.</summary>
    public bool Happens { get; }

    /// <summary>
    /// The call fails and nothing happens; with <see cref="StoreErrorKind.InDoubt"/> the caller cannot know that.
    /// </summary>
    /// <param name="kind">The kind of the <see cref="StoreException"/>.</param>
    public static StoreFault BeforeCall(StoreErrorKind kind) => new(kind, happens: false);

    /// <summary>The kind and whether the call happens, such as "InDoubt after the call".</summary>
    public override string ToString() => $"{Kind} {(Happens ? "after" : "before")} the call";
}
