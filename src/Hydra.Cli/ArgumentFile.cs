namespace Hydra.Cli;

/// <summary>A file that an argument names with @, whose text stands for the argument.</summary>
internal static class ArgumentFile
{
    /// <exception cref="UsageException">It cannot be read.</exception>
    public static string Read(string path, string option)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException($"{option} @{path} cannot be read: {e.Message}");
        }
    }
}
