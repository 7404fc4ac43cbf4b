namespace Hydra;

/// <summary>Enters the engine's runtime for each that is asked for, as every call of a client does.</summary>
/// <param name="enter">Calls from a caller with a context of its own.</param>
/// <param name="all">What is given out.</param>
internal sealed class EnteredEnumerable<T>(
    Func<Func<Task<bool>>, Task<bool>> enter, IAsyncEnumerable<T> all) : IAsyncEnumerable<T>
{
    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
        new Enumerator(enter, all.GetAsyncEnumerator(cancellationToken));

    private sealed class Enumerator(Func<Func<Task<bool>>, Task<bool>> enter, IAsyncEnumerator<T> inner)
        : IAsyncEnumerator<T>
    {
        public T Current => inner.Current;

        public ValueTask<bool> MoveNextAsync() => new(enter(() => inner.MoveNextAsync().AsTask()));

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
