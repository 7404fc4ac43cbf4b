using Hydra.Storage;

namespace Hydra.Engine;

/// <summary>
/// A store of keys of the application's own: what it throws may say anything, and is logged without that.
/// </summary>
internal sealed class GuardedSubjectKeys : ISubjectKeyStore
{
    private readonly ISubjectKeyStore _keys;

    private GuardedSubjectKeys(ISubjectKeyStore keys) => _keys = keys;

    public static GuardedSubjectKeys? Of(ISubjectKeyStore? keys) => keys is null ? null : new GuardedSubjectKeys(keys);

    public Task<SubjectKeyRow?> FindAsync(string id, CancellationToken cancellationToken) =>
        GuardAsync(() => _keys.FindAsync(id, cancellationToken));

    public Task<SubjectKeyRow> AddAsync(string id, string wrapped, CancellationToken cancellationToken) =>
        GuardAsync(() => _keys.AddAsync(id, wrapped, cancellationToken));

    public Task<IReadOnlyList<SubjectKeyRow>> ListAsync(
        string? afterId, int limit, CancellationToken cancellationToken) =>
        GuardAsync(() => _keys.ListAsync(afterId, limit, cancellationToken));

    public Task<bool> ReplaceAsync(
        string id, string expected, string wrapped, CancellationToken cancellationToken) =>
        GuardAsync(() => _keys.ReplaceAsync(id, expected, wrapped, cancellationToken));

    public Task<bool> DestroyAsync(string id, CancellationToken cancellationToken) =>
        GuardAsync(() => _keys.DestroyAsync(id, cancellationToken));

    private static async Task<T> GuardAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (Exception e) when (WithheldMessages.Withhold(e))
        {
            throw; // Marked, and never caught here.
        }
    }
}
