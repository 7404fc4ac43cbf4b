using Hydra.Storage;

namespace Hydra.Memory;

/// <summary>The keys of subjects of one namespace.</summary>
internal sealed class MemorySubjectKeys(InMemoryWorkflowStore store, InMemoryDatabase database, NamespaceTables tables)
    : ISubjectKeyStore
{
    public Task<SubjectKeyRow?> FindAsync(string id, CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested
            ? Task.FromCanceled<SubjectKeyRow?>(cancellationToken)
            : Task.FromResult(database.Read(tables, id, static (tables, id, _) => Find(tables, id)));

    public Task<SubjectKeyRow> AddAsync(
        string id, string wrapped, CancellationToken cancellationToken) => store.WriteAsync(
        new SubjectKeyRow(id, wrapped),
        static (tables, row, _) =>
        {
            tables.SubjectKeys.TryAdd(row.Id, row);
            return Find(tables, row.Id)!;
        },
        cancellationToken);

    public Task<bool> DestroyAsync(string id, CancellationToken cancellationToken) => store.WriteAsync(
        id,
        static (tables, id, _) =>
        {
            var had = Find(tables, id) is { IsDestroyed: false };
            tables.SubjectKeys[id] = new SubjectKeyRow(id, null);
            return had;
        },
        cancellationToken);

    private static SubjectKeyRow? Find(NamespaceTables tables, string id) => tables.SubjectKeys.GetValueOrDefault(id);
}
