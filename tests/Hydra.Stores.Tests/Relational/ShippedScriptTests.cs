using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Hydra.MySql;
using Hydra.PostgreSql;
using Hydra.Sqlite;

namespace Hydra.Stores.Tests;

/// <summary>
/// Scripts that have made anybody's tables are never edited: whoever has run one does not run it again, so tables made
/// before and after would differ. A change is a new script, with a line of its own here.
/// </summary>
public sealed class ShippedScriptTests
{
    /// <summary>The first half of each one's SHA-256, with line feeds at the ends of lines.</summary>
    private static readonly Dictionary<string, string> Shipped = new()
    {
        ["PostgreSql/0001_initial.sql"] = "aaab8970e84985a5645b7b151ecddaf6",
        ["PostgreSql/0002_origins.sql"] = "a4de87f60d569c7f046c85f79d248925",
        ["PostgreSql/0003_schedules.sql"] = "464b333d0a29a261196894c3f0f88c6a",
        ["PostgreSql/0004_encoded_payloads.sql"] = "a480f11c4a24ff5c2176cfc5ec210f81",
        ["PostgreSql/0005_reasons.sql"] = "cd9f377d1dc98c7cd4c0f32230095712",
        ["PostgreSql/0006_subject_keys.sql"] = "55fe86000cf478a4edc50fc31094cb95",
        ["PostgreSql/0007_views_of_any_bytes.sql"] = "e7b637416585bb8dba145ebd3ab2a97f",
        ["MySql/0001_initial.sql"] = "1916d650f443be6d463a91aa224de079",
        ["MySql/0002_origins.sql"] = "e5551c94b2d4369cf20af99205583147",
        ["MySql/0003_schedules.sql"] = "7355ed290d5a94a3c12b3b068e62bea8",
        ["MySql/0004_encoded_payloads.sql"] = "9e2787933cb87ae45a8fa82cd545cd2e",
        ["MySql/0005_reasons.sql"] = "478f2fda05ae095266a1e9b71e116f67",
        ["MySql/0006_subject_keys.sql"] = "57ed5d32ec7c125328d710c7347248a5",
        ["MySql/0007_views_of_any_bytes.sql"] = "0bc1a40ee3cbf79f56718f594d16278f",
        ["Sqlite/0001_initial.sql"] = "e9608a760159f3ff05143b3d14f20383",
        ["Sqlite/0002_origins.sql"] = "259e95f3b3beaa65464bda4b0f0826de",
        ["Sqlite/0003_schedules.sql"] = "1fb869fdf6cf3f2ece6814d04f2f5313",
        ["Sqlite/0004_encoded_payloads.sql"] = "d8b2d535e443e2f4bd3198a447905c55",
        ["Sqlite/0005_reasons.sql"] = "904fdcec1d556c8d200c69d42b41c7fd",
        ["Sqlite/0006_subject_keys.sql"] = "276bfbc0c83c393d3114c76a7ac8cfc9",
        ["Sqlite/0007_views_of_any_bytes.sql"] = "0e01c9fa3b6e89640d9dca9e3235096a",
    };

    [Fact]
    public void No_script_of_a_migration_has_been_edited_since_it_was_shipped()
    {
        var found = new Dictionary<string, string>();
        foreach (var (store, assembly) in new (string, Assembly)[]
        {
            ("PostgreSql", typeof(PostgreSqlWorkflowStore).Assembly),
            ("MySql", typeof(MySqlWorkflowStore).Assembly),
            ("Sqlite", typeof(SqliteWorkflowStore).Assembly),
        })
        {
            foreach (var name in assembly.GetManifestResourceNames().Where(static name => char.IsAsciiDigit(name[0])))
            {
                found.Add($"{store}/{name}", Hash(assembly, name));
            }
        }

        Assert.Equal(
            Shipped.OrderBy(static one => one.Key, StringComparer.Ordinal),
            found.OrderBy(static one => one.Key, StringComparer.Ordinal));
    }

    private static string Hash(Assembly assembly, string name)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
        var text = reader.ReadToEnd().ReplaceLineEndings("\n");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..32];
    }
}
