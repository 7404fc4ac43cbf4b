using Hydra.Storage;

namespace Hydra.Engine.Observing;

/// <summary>Counts the calls that are about keys of subjects.</summary>
internal sealed class ObservedSubjectKeys(ISubjectKeyStore keys, ObservedStore gate) : ISubjectKeyStore
{
    public Task<SubjectKeyRow?> FindAsync(string id, CancellationToken cancellationToken) =>
        gate.Watch("find_subject_key", keys.FindAsync(id, cancellationToken));

    public Task<SubjectKeyRow> AddAsync(string id, string wrapped, CancellationToken cancellationToken) =>
        gate.Watch("add_subject_key", keys.AddAsync(id, wrapped, cancellationToken));

    public Task<IReadOnlyList<SubjectKeyRow>> ListAsync(
        string? afterId, int limit, CancellationToken cancellationToken) =>
        gate.Watch("list_subject_keys", keys.ListAsync(afterId, limit, cancellationToken));

    public Task<bool> ReplaceAsync(
        string id, string expected, string wrapped, CancellationToken cancellationToken) =>
        gate.Watch("replace_subject_key", keys.ReplaceAsync(id, expected, wrapped, cancellationToken));

    public Task<bool> DestroyAsync(string id, CancellationToken cancellationToken) =>
        gate.Watch("destroy_subject_key", keys.DestroyAsync(id, cancellationToken));
}
