namespace Hydra.Soak.Support;

/// <summary>Where the build has put the programs that the tests start, in the configuration of the tests.</summary>
internal static class Programs
{
    public static string Billing { get; } = PathOf("samples", "Billing", "Billing");

    public static string Cli { get; } = PathOf("src", "Hydra.Cli", "Hydra.Cli");

    public static string DataPipeline { get; } = PathOf("samples", "DataPipeline", "DataPipeline");

    public static string Native { get; } = PathOf("samples", "Native", "Native");

    /// <summary>Its folder.</summary>
    public static string NativeSource => Path.GetFullPath(Path.Combine(Native, "..", "..", "..", ".."));

    public static string OrderProcessing { get; } = PathOf("samples", "OrderProcessing", "OrderProcessing");

    public static string Orders { get; } = PathOf("samples", "Orders", "Orders");

    /// <summary>Made to move money while it is hurt: see tests/Programs/Teller.</summary>
    public static string Teller { get; } = AheadOf("Teller");

    public static string Transfers { get; } = PathOf("samples", "Transfers", "Transfers");

    public static string UserOnboarding { get; } = PathOf("samples", "UserOnboarding", "UserOnboarding");

    /// <summary>Made to be hurt: see tests/Programs/Victim.</summary>
    public static string Victim { get; } = AheadOf("Victim");

    public static string Worker { get; } = PathOf("samples", "Worker", "Worker");

    /// <summary>A program of tests/Programs, as it is compiled ahead.</summary>
    private static string AheadOf(string program)
    {
        var built = PathOf("tests", Path.Combine("Programs", program), program);
        return Path.Combine(Path.GetDirectoryName(built)!, "ahead", program);
    }

    private static string PathOf(string folder, string project, string program)
    {
        // <root>/tests/Hydra.Soak/bin/<configuration>/<framework>/
        var output = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var configuration = output.Parent!;
        var root = configuration.Parent!.Parent!.Parent!.Parent!;
        return Path.Combine(root.FullName, folder, project, "bin", configuration.Name, output.Name, program);
    }
}
