namespace Hydra.Tests.Tidy;

/// <summary>The files of this repository that people write and read.</summary>
internal static class SourceTree
{
    private static readonly string[] Extensions =
    [
        ".cs", ".csproj", ".props", ".targets", ".slnx", ".sql", ".sh", ".json", ".md", ".yml", ".yaml", ".txt",
        ".editorconfig", ".js", ".html", ".css",
    ];

    private static readonly string[] Skipped =
        ["bin", "obj", "artifacts", "node_modules", "TestResults", ".git", ".vs"];

    private static readonly Lazy<IReadOnlyList<SourceFile>> AllFiles = new(() => [.. Read(FindRoot())]);

    public static string Root { get; } = FindRoot().FullName;

    public static IReadOnlyList<SourceFile> Files => AllFiles.Value;

    private static DirectoryInfo FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Hydra.slnx")))
        {
            folder = folder.Parent ?? throw new FileNotFoundException("No folder above holds Hydra.slnx.");
        }

        return folder;
    }

    private static IEnumerable<SourceFile> Read(DirectoryInfo root) =>
        from file in Walk(root)
        where Extensions.Contains(file.Extension) || file.FullName.EndsWith(".ci/run", StringComparison.Ordinal)
        let path = Path.GetRelativePath(root.FullName, file.FullName).Replace('\\', '/')
        select new SourceFile(path, File.ReadAllText(file.FullName).ReplaceLineEndings("\n"));

    private static IEnumerable<FileInfo> Walk(DirectoryInfo folder) =>
        folder.EnumerateFiles().Concat(
            folder.EnumerateDirectories().Where(child => !Skipped.Contains(child.Name)).SelectMany(Walk));
}
