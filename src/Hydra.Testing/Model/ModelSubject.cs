namespace Hydra.Testing;

/// <summary>
/// The stores that play one sequence, all on the clock of one harness; the last side is the reference.
/// </summary>
internal sealed record ModelSubject(StoreHarness Harness, IReadOnlyList<ModelSide> Sides) : IAsyncDisposable
{
    /// <summary>Collects what sequences come across, so that a test can tell whether they are any good.</summary>
    public ISet<string> Reached { get; init; } = new HashSet<string>();

    public ValueTask DisposeAsync() => Harness.DisposeAsync();
}
