package gitops

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"

	"github.com/argoproj/argo-cd/v3/cmpserver"
	"github.com/argoproj/argo-cd/v3/cmpserver/apiclient"
	"github.com/argoproj/argo-cd/v3/cmpserver/plugin"
	"github.com/argoproj/argo-cd/v3/util/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// Sidecar is Argo CD's own plugin server with a configuration that people copy, and who asks it,
// as the repository server does.
type Sidecar struct {
	client apiclient.ConfigManagementPluginServiceClient
	server *grpc.Server
	conn   *grpc.ClientConn
}

// StartSidecar starts the server of the plugin.yaml in a directory. It works in the directory dir,
// which must be an absolute path of less than 100 bytes. Only one of a process may run at a time.
func StartSidecar(plugins, dir string) (*Sidecar, error) {
	if err := os.Setenv("ARGOCD_CMP_WORKDIR", filepath.Join(dir, "work")); err != nil {
		return nil, err
	}
	config, err := plugin.ReadPluginConfig(plugins)
	if err != nil {
		return nil, err
	}
	server, err := cmpserver.NewServer(plugin.CMPServerInitConstants{PluginConfig: *config})
	if err != nil {
		return nil, err
	}
	serve, err := server.CreateGRPC()
	if err != nil {
		return nil, err
	}
	socket := filepath.Join(dir, "plugin.sock")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return nil, err
	}
	go func() { _ = serve.Serve(listener) }()
	conn, err := grpc.NewClient("unix://"+socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		serve.Stop()
		return nil, err
	}
	return &Sidecar{client: apiclient.NewConfigManagementPluginServiceClient(conn), server: serve, conn: conn}, nil
}

// Close ends the server.
func (s *Sidecar) Close() error {
	s.server.Stop()
	return s.conn.Close()
}

// Generate has the manifests made of a directory of a repository.
func (s *Sidecar) Generate(ctx context.Context, repository, app string) ([]string, error) {
	stream, err := s.client.GenerateManifest(ctx)
	if err != nil {
		return nil, err
	}
	if err := cmp.SendRepoStream(stream.Context(), filepath.Join(repository, app), repository, stream, nil, nil); err != nil {
		return nil, err
	}
	answer, err := stream.CloseAndRecv()
	if err == nil && len(answer.GetManifests()) == 0 {
		err = errors.New("there are no manifests")
	}
	return answer.GetManifests(), err
}

// Detects says whether the plugin takes a directory of a repository.
func (s *Sidecar) Detects(ctx context.Context, repository, app string) (bool, error) {
	stream, err := s.client.MatchRepository(ctx)
	if err != nil {
		return false, err
	}
	if err := cmp.SendRepoStream(stream.Context(), filepath.Join(repository, app), repository, stream, nil, nil); err != nil {
		return false, err
	}
	answer, err := stream.CloseAndRecv()
	return answer.GetIsSupported(), err
}
