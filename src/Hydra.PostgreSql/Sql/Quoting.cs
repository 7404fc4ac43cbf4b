namespace Hydra.PostgreSql.Sql;

/// <summary>Writes names into SQL, whatever they are made of.</summary>
internal static class Quoting
{
    /// <summary>As the name of something.</summary>
    public static string Identifier(string name) => $"\"{InIdentifier(name)}\"";

    /// <summary>As a part of one, between double quotes.</summary>
    public static string InIdentifier(string name) => name.Replace("\"", "\"\"", StringComparison.Ordinal);

    /// <summary>
    /// As a part of a text between E' and ', which means the same whatever standard_conforming_strings says. Without
    /// dollars, so that it may stand in the body of a DO.
    /// </summary>
    public static string InText(string name) => name
        .Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("'", "''", StringComparison.Ordinal)
        .Replace("$", "\\x24", StringComparison.Ordinal);
}
