using System.Security.Cryptography;
using System.Text;

namespace Hydra.PostgreSql.Waking;

/// <summary>The channel on which processes of one schema and namespace tell each other that something is due.</summary>
internal static class Channel
{
    /// <summary>A hash, because a channel's name is short and a namespace's is not.</summary>
    public static string Name(string schema, string @namespace) =>
        "hydra_" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{schema}\0{@namespace}")))[..32];
}
