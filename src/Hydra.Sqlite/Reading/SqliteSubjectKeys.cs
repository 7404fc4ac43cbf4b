using Hydra.Sqlite.Connections;
using Hydra.Sqlite.Writing;

namespace Hydra.Sqlite.Reading;

/// <summary>The keys of subjects in a file: read on the thread pool, changed on the writer thread.</summary>
internal sealed class SqliteSubjectKeys(ReaderPool<ReadStatements> readers, WriterThread writer) : ISubjectKeyStore
{
    public Task<SubjectKeyRow?> FindAsync(string id, CancellationToken cancellationToken) => Task.Run(
        () => readers.Read(reader => Rows.FirstOrNull(reader.FindSubjectKey.Bind(2, id), Rows.SubjectKey)),
        cancellationToken);

    public Task<SubjectKeyRow> AddAsync(string id, string wrapped, CancellationToken cancellationToken) =>
        writer.RunAsync(transitions => transitions.SubjectKeys.Add(id, wrapped), urgent: false, cancellationToken);

    public Task<IReadOnlyList<SubjectKeyRow>> ListAsync(
        string? afterId, int limit, CancellationToken cancellationToken) => Task.Run<IReadOnlyList<SubjectKeyRow>>(
        () => readers.Read(reader => Rows.All(
            reader.ListSubjectKeys.Bind(2, afterId ?? "").Bind(3, limit), Rows.SubjectKey)),
        cancellationToken);

    public Task<bool> ReplaceAsync(
        string id, string expected, string wrapped, CancellationToken cancellationToken) => writer.RunAsync(
        transitions => transitions.SubjectKeys.Replace(id, expected, wrapped), urgent: false, cancellationToken);

    public Task<bool> DestroyAsync(string id, CancellationToken cancellationToken) =>
        writer.RunAsync(transitions => transitions.SubjectKeys.Destroy(id), urgent: false, cancellationToken);
}
