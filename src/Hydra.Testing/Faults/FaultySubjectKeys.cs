namespace Hydra.Testing;

/// <summary>The keys of subjects of a <see cref="FaultyStore"/>: reads are one kind of call, writes another.</summary>
internal sealed class FaultySubjectKeys(ISubjectKeyStore keys, FaultyStore store) : ISubjectKeyStore
{
    public Task<SubjectKeyRow?> FindAsync(string id, CancellationToken cancellationToken) => store.CallAsync(
        StoreCallKind.ReadSubjectKeys, () => keys.FindAsync(id, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<SubjectKeyRow>> ListAsync(
        string? afterId, int limit, CancellationToken cancellationToken) => store.CallAsync(
        StoreCallKind.ReadSubjectKeys, () => keys.ListAsync(afterId, limit, cancellationToken), cancellationToken);

    public Task<SubjectKeyRow> AddAsync(string id, string wrapped, CancellationToken cancellationToken) =>
        WriteAsync(() => keys.AddAsync(id, wrapped, cancellationToken), cancellationToken);

    public Task<bool> ReplaceAsync(string id, string expected, string wrapped, CancellationToken cancellationToken) =>
        WriteAsync(() => keys.ReplaceAsync(id, expected, wrapped, cancellationToken), cancellationToken);

    public Task<bool> DestroyAsync(string id, CancellationToken cancellationToken) =>
        WriteAsync(() => keys.DestroyAsync(id, cancellationToken), cancellationToken);

    private Task<T> WriteAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken) =>
        store.CallAsync(StoreCallKind.WriteSubjectKeys, call, cancellationToken);
}
