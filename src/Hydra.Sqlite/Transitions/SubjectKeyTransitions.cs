using Hydra.Sqlite.Connections;
using Hydra.Sqlite.Reading;

namespace Hydra.Sqlite.Transitions;

/// <summary>Keeps keys of subjects and destroys them.</summary>
internal sealed class SubjectKeyTransitions(Connection connection, string @namespace)
{
    private readonly Statement _find = connection.Prepare(SqliteSql.FindSubjectKey, @namespace);
    private readonly Statement _add = connection.Prepare(SqliteSql.AddSubjectKey, @namespace);
    private readonly Statement _replace = connection.Prepare(SqliteSql.ReplaceSubjectKey, @namespace);
    private readonly Statement _destroy = connection.Prepare(SqliteSql.DestroySubjectKey, @namespace);

    public SubjectKeyRow Add(string id, string wrapped)
    {
        _add.Bind(2, id).Bind(3, wrapped).Run();
        return Find(id)!;
    }

    public bool Replace(string id, string expected, string wrapped) => Rows.FirstOrNull(
        _replace.Bind(2, id).Bind(3, expected).Bind(4, wrapped), static row => row.Text(0)) is not null;

    public bool Destroy(string id)
    {
        var had = Find(id) is { IsDestroyed: false };
        _destroy.Bind(2, id).Run();
        return had;
    }

    private SubjectKeyRow? Find(string id) => Rows.FirstOrNull(_find.Bind(2, id), Rows.SubjectKey);
}
